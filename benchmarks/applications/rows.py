"""What the applications that are compared have in common: the rows, the answers, and the statements, built once."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy import bindparam, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

COUNT = 1000  # rows there are at the beginning


class Base(DeclarativeBase):
    """The table's."""


class Row(Base):
    """A row."""

    __tablename__ = "rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]


class RowIn(BaseModel):
    """What is sent."""

    title: str
    body: str


class RowOut(BaseModel):
    """What is answered."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    body: str


ANSWER = RowOut(id=1, title="a title", body="some text")
BY_ID = select(Row).where(Row.id == bindparam("row_id"))
PAGE = select(Row).where(Row.id > bindparam("after")).order_by(Row.id).limit(bindparam("size"))


def in_turn(number: int) -> int:
    """Return the id of a row that is there from the beginning."""
    return number % COUNT + 1

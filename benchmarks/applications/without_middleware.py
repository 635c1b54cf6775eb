"""The generated application without what stands around each request of it: ids, and the count of those that run."""

from fastapi import FastAPI
from generated import app

app.__class__ = FastAPI

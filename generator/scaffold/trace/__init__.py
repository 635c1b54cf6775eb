"""One real request of an application, watched: what happened, what that means, and how it is shown."""

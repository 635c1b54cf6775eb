"""Tests of the tracer: small applications, served and asked."""

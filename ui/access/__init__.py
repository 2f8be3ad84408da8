"""Accounts, sign-in, sessions and tokens: who may ask, and how they are recognised."""

"""Evaluations for people: tables and pictures."""

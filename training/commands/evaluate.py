"""stub"""
import click
command = click.Command("evaluate")

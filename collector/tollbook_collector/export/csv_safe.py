"""CSV that a spreadsheet cannot be made to run: the agent's and the collector's come from one place."""

from tollbook.csv_safe import STARTS_FORMULA as STARTS_FORMULA
from tollbook.csv_safe import Cell as Cell
from tollbook.csv_safe import Figure as Figure
from tollbook.csv_safe import csv_text as csv_text
from tollbook.csv_safe import safe as safe

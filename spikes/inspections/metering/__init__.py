"""Instruments of the inspection `use`, one a file. Each reads a number off a running process and judges nothing."""

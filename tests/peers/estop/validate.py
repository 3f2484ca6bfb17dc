#!/usr/bin/env python3
"""A foreign judge of messages: reads a JSON list of texts, prints 1 or 0 for each, as the schema says.

usage: validate.py SCHEMA TEXTS
Ends with 77 where Debian's python3-jsonschema is not installed.
"""
import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)


def valid(text):
    try:
        return validator.is_valid(json.loads(text))
    except ValueError:
        return False


with open(sys.argv[2], encoding="utf-8") as file:
    print("".join("1" if valid(text) else "0" for text in json.load(file)))

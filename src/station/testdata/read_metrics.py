#!/usr/bin/env python3
"""Reads a page of metrics as Prometheus's own client does, and writes each sample on a line.

usage: read_metrics.py FILE     exit status 77: the client is not installed
"""
import sys

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    sys.exit(77)

for family in text_string_to_metric_families(open(sys.argv[1], encoding="utf-8").read()):
    if family.type not in ("counter", "gauge", "histogram") or not family.documentation:
        sys.exit(f"{family.name}: is of type {family.type}, help {family.documentation!r}")
    for sample in family.samples:
        labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
        print(f"{sample.name}{{{labels}}} {float(sample.value)}")

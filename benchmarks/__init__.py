"""Speed and quality, outside the default test run; each module runs as `python -m benchmarks.NAME`."""

# The service in a container. Not built where it was written: no Docker engine was at hand there.
#   docker build -t theragraph . && NEO4J_PASSWORD=… docker compose up
FROM python:3.11-slim-bookworm
ENV PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE cli*.py ./
COPY ontologies ontologies
COPY kg kg
COPY extraction extraction
COPY gnn gnn
COPY recommender recommender
COPY examples examples
# A place instead of a copy in site-packages, so that the examples stand where the page looks for them.
RUN pip install --constraint constraints.txt --editable '.[policy,privacy]' \
 && useradd --create-home --uid 10001 theragraph \
 && install -d -o theragraph -m 700 /state
USER 10001
VOLUME /state
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=180s CMD \
  ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=3)"]
# Accounts first (`theragraph account add … --state /state`): without one the service listens on loopback only.
ENTRYPOINT ["theragraph"]
CMD ["serve", "--host", "0.0.0.0", "--state", "/state"]

# report: the shared prefix, and more packages that only this image needs, above its files.
FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY common common
COPY report/requirements.txt report/requirements.txt
RUN pip install --no-cache-dir -r report/requirements.txt
COPY report report
CMD ["python3", "-m", "report.build"]

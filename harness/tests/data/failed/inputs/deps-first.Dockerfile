# deps-first

FROM python:3.10
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends build-essential libpq-dev
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN python -m compileall -q app
LABEL org.opencontainers.image.title="python-app"
CMD ["gunicorn", "-b", "0.0.0.0:8000", "app.main:app"]

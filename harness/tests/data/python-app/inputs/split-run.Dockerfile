# split-run

FROM debian:12-slim
WORKDIR /app
RUN apt-get update
RUN apt-get install -y --no-install-recommends python3 python3-pip
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
CMD ["gunicorn", "-b", "0.0.0.0:8000", "app.main:app"]

"""Takes orders."""

from flask import Flask, jsonify, request

from common import db, queue

app = Flask(__name__)


@app.post("/orders")
def create():
    order = request.get_json()
    queue.push(order)
    return jsonify(order), 202


@app.get("/orders/<int:number>")
def show(number):
    with db.connect() as c:
        row = c.execute("SELECT number, state FROM orders WHERE number = %s", (number,)).fetchone()
    return jsonify(number=row[0], state=row[1])

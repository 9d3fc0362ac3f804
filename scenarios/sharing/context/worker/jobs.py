"""Carries orders out, one after the other."""

from common import db, queue


def carry_out(order):
    with db.connect() as c:
        c.execute("UPDATE orders SET state = 'done' WHERE number = %s", (order["number"],))


def main():
    while True:
        carry_out(queue.pop())


if __name__ == "__main__":
    main()

"""Orders a month, as a picture."""

import pandas

from common import db


def main():
    with db.connect() as c:
        orders = pandas.read_sql("SELECT date_trunc('month', made) AS month, count(*) AS n FROM orders GROUP BY 1", c)
    orders.plot(x="month", y="n").get_figure().savefig("orders.png")


if __name__ == "__main__":
    main()

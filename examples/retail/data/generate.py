#!/usr/bin/env python3
"""Rebuilds the CSV files and schema.json of this folder: `python3 generate.py`.
Seeded, standard library only; every shop, person and price is invented."""
import csv
import json
import math
import random
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
AS_OF = date(2025, 8, 27)
FIRST = date(2024, 7, 1)
rng = random.Random(8271)

STORES = [  # id, name, city, region, format, opened, weight
    (1, "Harbour Row", "Porto", "South", "HS", "2009-04-18", 13), (2, "Old Mill", "Ghent", "North", "HS", "2011-09-02", 9),
    (3, "Station Arcade", "Utrecht", "North", "HS", "2014-03-29", 11), (4, "Riverside", "Seville", "South", "OT", "2016-11-12", 6),
    (5, "Fairground", "Leipzig", "Central", "OT", "2018-05-26", 7), (6, "Market Hall", "Graz", "Central", "HS", "2013-10-05", 5),
    (7, "Webshop", "Utrecht", "Online", "WEB", "2015-02-01", 31), (8, "App", "Utrecht", "Online", "WEB", "2021-08-23", 14),
    (9, "Lakeside", "Bergen", "North", "OT", "2022-06-11", 4),
]
PRODUCTS = [  # name, category, brand, list price, cost, launched, active, pull
    ("Ridge 2 tent", "Tents", "Northpeak", "289.00", "171.50", "2021-03-01", 1, 2.1),
    ("Ridge 4 tent", "Tents", "Northpeak", "419.00", "262.00", "2021-03-01", 1, 1.2),
    ("Meadow tunnel tent", "Tents", "Fernway", "349.00", "198.40", "2023-02-13", 1, 1.4),
    ("Bivvy bag", "Tents", "Oka", "119.00", "52.10", "2022-05-04", 1, 1.6),
    ("Tarp, olive 3x3", "Tents", "Brindle", "64.50", "23.80", "2020-07-20", 1, 3.0),
    ("Summit jacket", "Clothing", "Northpeak", "229.00", "121.00", "2022-09-01", 1, 3.1),
    ("Drizzle shell", "Clothing", "Fernway", "139.00", "66.30", "2021-09-10", 1, 3.9),
    ("Merino base layer", "Clothing", "Oka", "74.00", "29.90", "2019-10-01", 1, 6.2),
    ("Trail trousers", "Clothing", "Fernway", "89.00", "35.70", "2020-04-15", 1, 5.0),
    ("Wool socks, 2 pairs", "Clothing", "Oka", "24.00", "8.10", "2018-10-01", 1, 9.8),
    ("Sun hat", "Clothing", "Brindle", "29.50", "9.40", "2023-04-01", 1, 3.3),
    ("Down vest", "Clothing", "Northpeak", "159.00", "92.80", "2022-10-12", 0, 0.9),
    ("Ramble boots", "Footwear", "Stonefoot", "179.00", "96.00", "2020-02-20", 1, 4.4),
    ("Scree boots GTX", "Footwear", "Stonefoot", "239.00", "134.70", "2023-08-28", 1, 2.7),
    ("Creek sandals", "Footwear", "Stonefoot", "79.00", "31.20", "2022-04-08", 1, 3.8),
    ("Camp slippers", "Footwear", "Brindle", "39.00", "13.50", "2021-11-15", 1, 2.4),
    ("Trail runners", "Footwear", "Oka", "129.00", "58.00", "2024-03-05", 1, 3.6),
    ("Daypack 18", "Packs", "Northpeak", "84.00", "38.20", "2020-03-03", 1, 4.7),
    ("Trek pack 55", "Packs", "Northpeak", "199.00", "104.30", "2021-02-02", 1, 2.0),
    ("Duffel 70", "Packs", "Fernway", "119.00", "50.60", "2022-01-17", 1, 2.3),
    ("Hip pouch", "Packs", "Brindle", "34.00", "11.90", "2023-03-20", 1, 3.7),
    ("Rain cover", "Packs", "Oka", "27.00", "8.80", "2019-05-05", 1, 4.1),
    ("Gas stove", "Cooking", "Ember", "59.00", "24.70", "2019-03-11", 1, 3.9),
    ("Pot set, 3 parts", "Cooking", "Ember", "72.00", "30.10", "2020-06-06", 1, 2.6),
    ("Enamel mug \"Dawn\"", "Cooking", "Brindle", "14.50", "4.60", "2018-05-01", 1, 8.8),
    ("Enamel mug \"Dusk\"", "Cooking", "Brindle", "14.50", "4.70", "2018-05-01", 1, 6.9),
    ("Water filter", "Cooking", "Oka", "48.00", "19.20", "2022-06-30", 1, 3.1),
    ("Fire kettle", "Cooking", "Ember", "94.00", "44.90", "2021-12-01", 0, 0.8),
    ("Headlamp 300", "Lighting", "Glimmer", "44.00", "17.60", "2022-11-01", 1, 5.1),
    ("Headlamp 600", "Lighting", "Glimmer", "69.00", "29.40", "2023-11-01", 1, 2.8),
    ("Lantern", "Lighting", "Glimmer", "54.00", "22.30", "2020-10-10", 1, 3.2),
    ("String lights", "Lighting", "Brindle", "22.00", "6.20", "2021-06-21", 1, 3.4),
    ("Solar charger", "Lighting", "Glimmer", "98.00", "51.70", "2023-05-15", 1, 1.7),
    ("Sleeping mat R4", "Sleeping", "Fernway", "109.00", "47.50", "2021-04-12", 1, 2.9),
    ("Sleeping bag -5", "Sleeping", "Northpeak", "219.00", "118.60", "2020-09-09", 1, 2.2),
    ("Sleeping bag +5", "Sleeping", "Fernway", "139.00", "68.20", "2020-09-09", 1, 2.5),
    ("Camp pillow", "Sleeping", "Brindle", "32.00", "10.30", "2019-07-07", 1, 4.3),
    ("Silk liner", "Sleeping", "Oka", "58.00", "24.90", "2022-02-22", 1, 1.9),
]
CITIES = [("Porto", "Portugal", 16), ("Lisbon", "Portugal", 9), ("Ghent", "Belgium", 12), ("Utrecht", "Netherlands", 19),
          ("Rotterdam", "Netherlands", 11), ("Seville", "Spain", 10), ("Leipzig", "Germany", 14), ("Graz", "Austria", 8),
          ("Bergen", "Norway", 5)]
GIVEN = ("Ada Bram Carla Dirk Elsa Femke Gil Hanne Ines Joost Katya Luis Marta Nils Olga Pieter Quim Rosa Sven Tilda Ugo "
         "Vera Wout Xenia Yara Zeno").split()
FAMILY = ("Almeida Berg Claes Duarte Eriksen Fuchs Gruber Haas Ibarra Jansen Krause Lopes Maes Navarro Olsen Peeters "
          "Quist Ramos Smit Tavares Ulrich Visser Weber").split()


def cents(x):
    return Decimal(x).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def write(name, header, rows):
    with open(HERE / f"{name}.csv", "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        for row in rows:
            out.writerow(["\\N" if v is None else ("true" if v else "false") if isinstance(v, bool) else v for v in row])


def pick(items, weights):
    return rng.choices(items, weights)[0]


write("stores", ["store_id", "store_name", "city", "region", "fmt", "opened_on"], [s[:6] for s in STORES])
write("products", ["sku", "product_name", "category", "brand", "list_price", "cost", "launched_on", "active"],
      [(f"P{101 + i}", *p[:6], bool(p[6])) for i, p in enumerate(PRODUCTS)])

# Customers: V = VIP, R = regular, N = new, B = business.
names = [f"{g} {f}" for g in GIVEN for f in FAMILY]
rng.shuffle(names)
customers = []
for i in range(430):
    seg = pick("VRNB", [9, 58, 22, 11])
    span = (60, 420) if seg == "N" else (500, 2600)
    joined = AS_OF - timedelta(days=rng.randint(*span)) if i % 17 else AS_OF - timedelta(days=rng.randint(1, 55))
    city = pick(CITIES, [c[2] for c in CITIES])
    appetite = {"V": 5.5, "R": 1.0, "N": 0.8, "B": 2.3}[seg] * math.exp(rng.gauss(0, 0.7))
    mail = pick([True, False], [46, 54])
    customers.append((10001 + i, names[i], city[0], city[1], seg, joined, mail, appetite))
write("customers", ["customer_id", "full_name", "city", "country", "seg_cd", "signup_date", "newsletter"],
      [c[:7] for c in customers])

# Orders: 10 placed, 20 packed, 30 shipped, 40 delivered, 90 cancelled; test orders are huge.
orders, items, returns = [], [], []
order_id, item_id, return_id = 500001, 1, 9001
day = FIRST
while day <= AS_OF:
    age = (day - FIRST).days
    season = {5: 1.15, 6: 1.4, 7: 1.55, 8: 1.22, 11: 1.2, 12: 1.45, 1: 0.8, 2: 0.72}.get(day.month, 1.0)
    count = 5.3 * season * (1 + age / 900) * (1.35 if day.weekday() >= 5 else 1.0) * math.exp(rng.gauss(0, 0.2))
    for _ in range(max(1, round(count)) if day < AS_OF else 3):
        pool = [c for c in customers if c[5] <= day]
        who = pick(pool, [c[7] for c in pool])
        store = pick(STORES, [s[6] * (1.9 if s[4] == "WEB" and who[4] in "NV" else 1) * (0.6 if s[4] == "OT" and who[4] == "V" else 1)
                              if date.fromisoformat(s[5]) <= day else 0 for s in STORES])
        at = datetime(day.year, day.month, day.day, pick(range(8, 23), [2, 3, 5, 6, 7, 6, 5, 5, 6, 8, 9, 9, 7, 5, 3]),
                      rng.randrange(60), rng.randrange(60))
        test = rng.random() < 0.02
        cancelled = not test and rng.random() < {"HS": 0.03, "OT": 0.05, "WEB": 0.13}[store[4]]
        wait = min(12, int(rng.expovariate(1 / {"South": 1.3, "North": 1.9, "Central": 2.9, "Online": 2.3}[store[3]])))
        if day >= date(2025, 8, 18):          # the carrier is behind
            wait += rng.choice((1, 3, 4, 6))
        if test:
            wait = 0
        elif cancelled:                       # some parcels leave first and are called back
            wait += rng.choice((2, 5, 99))
        shipped = day + timedelta(days=wait) if wait < 90 and day + timedelta(days=wait) <= AS_OF else None
        if cancelled:
            status = 90
        elif shipped is None:
            status = pick([10, 20], [2, 1])
        else:
            status = 40 if (AS_OF - shipped).days > 3 else 30
        total = Decimal(0)
        lines = []
        for prod in {pick(range(len(PRODUCTS)), [p[7] * (season if p[1] in ("Tents", "Sleeping") else 1) for p in PRODUCTS])
                     for _ in range(pick([1, 2, 3, 4], [46, 30, 16, 8]) + (who[4] in "BV") + (who[4] == "V"))}:
            name, cat, brand, price = PRODUCTS[prod][:4]
            if not PRODUCTS[prod][6] and day > date(2025, 2, 1):
                continue
            qty = pick([1, 2, 3, 4], [70, 20, 7, 3]) + (rng.randint(0, 3) if who[4] == "B" else 0)
            if test:
                qty = rng.randint(20, 60)
            sold = cents(Decimal(price) * (Decimal("0.95") if age < 184 else Decimal(1)))
            off = pick(["0.00", "0.05", "0.10", "0.20", "0.30"], [60, 12, 12, 10, 6] if store[4] != "OT" else [12, 10, 22, 32, 24])
            lines.append((prod, qty, sold, off))
            total += qty * sold
        if not lines:
            continue
        coupon = pick(["HELLO10", "SUMMER", "CLUB"], [5, 3, 4]) if rng.random() < (0.28 if who[4] in "NV" else 0.09) else None
        legacy = cents(total * Decimal("1.21")) if day < date(2025, 4, 1) else (Decimal("0.00") if rng.random() < 0.6 else None)
        orders.append((order_id, who[0], store[0], at, shipped, status, test, coupon, legacy))
        for prod, qty, sold, off in sorted(lines):
            items.append((item_id, order_id, f"P{101 + prod}", qty, sold, off))
            odds = {"Clothing": 0.15, "Footwear": 0.21, "Tents": 0.07, "Packs": 0.05, "Cooking": 0.03, "Lighting": 0.06,
                    "Sleeping": 0.04}[PRODUCTS[prod][1]] * (1.25 if PRODUCTS[prod][2] == "Oka" else 1)
            back = shipped and not test and status != 90 and shipped + timedelta(days=rng.randint(3, 26))
            if back and back <= AS_OF and rng.random() < odds:
                n = qty if rng.random() < 0.7 else max(1, qty // 2)
                paid = cents(n * sold * (1 - Decimal(off)) * (Decimal(1) if rng.random() < 0.8 else Decimal("0.85")))
                fits = PRODUCTS[prod][1] in ("Clothing", "Footwear")
                reason = pick(["SIZ", "DMG", "MND", "LAT"], [55 if fits else 0, 17, 24 if fits else 33, 11])
                returns.append((return_id, item_id, back, n, paid, reason))
                return_id += 1
            item_id += 1
        order_id += 1
    day += timedelta(days=1)
write("orders", ["order_id", "cust_no", "store_id", "ordered_at", "shipped_on", "status_cd", "is_test", "coupon_code",
                 "legacy_amount"], orders)
write("order_items", ["item_id", "order_id", "sku", "qty", "unit_price", "disc"], items)
write("returns", ["return_id", "item_id", "returned_on", "qty", "refund_amount", "reason_cd"], returns)


def col(name, type_, comment=None, nullable=False, key=False):
    c = {"name": name, "type": type_, "nullable": nullable, "primary_key": key}
    return {**c, "comment": comment} if comment else c


def table(name, comment, columns, foreign_keys=None):
    t = {"name": f"shop.sales.{name}", "csv": f"{name}.csv"}
    if comment:
        t["comment"] = comment
    t["columns"] = columns
    if foreign_keys:
        t["foreign_keys"] = foreign_keys
    return t


SCHEMA = {
    "csv_null": "\\N",
    "as_of_date": AS_OF.isoformat(),
    "tables": [
        table("customers", "Customer master", [
            col("customer_id", "INT", key=True), col("full_name", "STRING"), col("city", "STRING"), col("country", "STRING"),
            col("seg_cd", "STRING", "Segment"), col("signup_date", "DATE"), col("newsletter", "BOOLEAN")]),
        table("order_items", "Lines of an order", [
            col("item_id", "INT", key=True), col("order_id", "INT"), col("sku", "STRING"), col("qty", "INT"),
            col("unit_price", "DECIMAL(10,2)", "Per piece, before discount"), col("disc", "DECIMAL(4,2)")],
            [{"columns": ["order_id"], "parent_table": "shop.sales.orders", "parent_columns": ["order_id"]}]),
        table("orders", None, [
            col("order_id", "INT", key=True), col("cust_no", "INT"), col("store_id", "INT"), col("ordered_at", "TIMESTAMP"),
            col("shipped_on", "DATE", nullable=True), col("status_cd", "INT"), col("is_test", "BOOLEAN"),
            col("coupon_code", "STRING", nullable=True), col("legacy_amount", "DECIMAL(12,2)", "from the old till system", nullable=True)]),
        table("products", "Product catalogue", [
            col("sku", "STRING", "Article number", key=True), col("product_name", "STRING"), col("category", "STRING"),
            col("brand", "STRING"), col("list_price", "DECIMAL(10,2)"), col("cost", "DECIMAL(10,2)"),
            col("launched_on", "DATE"), col("active", "BOOLEAN")]),
        table("returns", None, [
            col("return_id", "INT", key=True), col("item_id", "INT"), col("returned_on", "DATE"), col("qty", "INT"),
            col("refund_amount", "DECIMAL(10,2)"), col("reason_cd", "STRING")],
            [{"columns": ["item_id"], "parent_table": "shop.sales.order_items", "parent_columns": ["item_id"]}]),
        table("stores", "Shops, and the places where we sell online", [
            col("store_id", "INT", key=True), col("store_name", "STRING"), col("city", "STRING"), col("region", "STRING"),
            col("fmt", "STRING"), col("opened_on", "DATE")]),
    ],
}
(HERE / "schema.json").write_text(json.dumps(SCHEMA, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

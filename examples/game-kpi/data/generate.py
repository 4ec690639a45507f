#!/usr/bin/env python3
"""Rebuilds the CSV files and schema.json of this folder: `python3 generate.py`.
Seeded, standard library only; every number is invented."""
import csv
import json
import math
import random
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
AS_OF = date(2025, 8, 27)          # "today"; its rows are a half-finished load
FIRST = date(2025, 1, 1)
rng = random.Random(20250827)

# code, title, Korean title, genre, tier, status, engine, launch date
GAMES = [
    ("ax1", "Azure Legends", "아주르 레전드", "MMORPG", "A", "live", "Unreal", "2019-11-21"),
    ("rvk", "Iron Parade", "아이언 퍼레이드", "Shooter", "A", "live", "Unreal", "2023-03-14"),
    ("n44", "Night Freight", "심야 화물", "Survival", "B", "live", "Unity", "2022-09-29"),
    ("qd", "Moonlit Diner", "달빛 식당", "Simulation", "B", "live", "Unity", "2021-06-17"),
    ("pp0", "Paper Comet", "종이 혜성", "Puzzle", "C", "live", "Unity", "2024-02-08"),
    ("h3b", "Harbor Saga", "하버 사가", "MMORPG", "C", "closed", "in-house", "2016-05-12"),
    ("tk5", "Tin Knights", "양철 기사단", "RPG", "C", "closed", "Unity", "2018-08-30"),
    ("gl2", "Glass Orchard", "유리 과수원", "Simulation", "B", "beta", "Unreal", None),
]
COUNTRIES = [
    ("KR", "South Korea", "KOR", "KRW"), ("JP", "Japan", "JPN", "JPY"),
    ("US", "United States", "NAM", "USD"), ("CA", "Canada", "NAM", "CAD"),
    ("DE", "Germany", "EUR", "EUR"), ("FR", "France", "EUR", "EUR"),
    ("GB", "United Kingdom", "EUR", "GBP"), ("PL", "Poland", "EUR", "PLN"),
    ("TH", "Thailand", "SEA", "THB"), ("VN", "Vietnam", "SEA", "VND"),
    ("ID", "Indonesia", "SEA", "IDR"), ("BR", "Brazil", "LAT", "BRL"),
    ("MX", "Mexico", "LAT", "MXN"), ("TW", "Taiwan", "GRC", "TWD"),
]
# game -> (daily users, monthly growth, paying rate, gross per payer, minutes, stores, countries)
PLAN = {
    "ax1": (9200, -0.025, 0.058, 21.4, 96, {"LN": 0.63, "ST": 0.37},
            {"KR": .46, "JP": .09, "TW": .17, "US": .15, "DE": .08, "BR": .05}),
    "rvk": (14800, 0.031, 0.031, 9.7, 41, {"GP": 0.68, "AP": 0.32},
            {"KR": .11, "US": .19, "BR": .22, "TH": .2, "VN": .17, "MX": .07, "FR": .04}),
    "n44": (5300, 0.012, 0.019, 15.2, 73, {"ST": 0.71, "PS": 0.29},
            {"US": .37, "CA": .1, "DE": .19, "GB": .16, "KR": .08, "PL": .1}),
    "qd": (7700, 0.006, 0.044, 5.9, 28, {"GP": 0.41, "AP": 0.59},
           {"JP": .48, "KR": .2, "TW": .12, "TH": .08, "US": .12}),
    "pp0": (3900, 0.058, 0.012, 3.3, 17, {"GP": 1.0},
            {"VN": .34, "TH": .17, "KR": .13, "BR": .2, "US": .16}),
}
PAY_COUNTRY = {"KR": 1.35, "JP": 1.62, "US": 1.18, "CA": 1.05, "DE": .94, "FR": .81, "GB": 1.02, "PL": .63,
               "TH": .52, "VN": .38, "ID": .4, "BR": .44, "MX": .49, "TW": 1.21}
STORE_PAY = {"LN": 1.12, "ST": .86, "GP": .83, "AP": 1.38, "PS": 1.17}
REFUND = {"LN": .021, "ST": .064, "GP": .039, "AP": .027, "PS": .045}


def wobble(spread):
    return math.exp(rng.gauss(0, spread))


def daily():
    """(day, game, country, store) -> active, new, payers, gross, refund, minutes"""
    rows = {}
    for game, (base, growth, rate, price, minutes, stores, countries) in PLAN.items():
        for country, share in countries.items():
            local = wobble(0.12)
            for store, part in stores.items():
                tilt = wobble(0.15)
                day = FIRST
                while day <= AS_OF:
                    months = (day - FIRST).days / 30.4
                    weekend = {4: 1.05, 5: 1.22, 6: 1.17}.get(day.weekday(), 1.0)
                    event = 1.0
                    if game == "ax1" and date(2025, 7, 10) <= day <= date(2025, 7, 23):
                        event = 1.31
                    if game == "rvk" and day >= date(2025, 8, 19):
                        event = 1.18
                    if game == "qd" and day.month == 8 and country == "JP":
                        event = 0.84
                    active = base * share * part * local * tilt * weekend * event
                    active *= (1 + growth) ** months * wobble(0.05)
                    if day == AS_OF:
                        active *= 0.37
                    active = max(3, round(active))
                    new = round(active * (0.021 + 0.02 * share + max(growth, 0) * 0.5) * wobble(0.2))
                    pay = rate * (0.55 + 0.45 * PAY_COUNTRY[country]) * STORE_PAY[store]
                    payers = min(active, max(0, round(active * pay * (1.09 if event > 1 else 1) * wobble(0.12))))
                    gross = round(payers * price * PAY_COUNTRY[country] * wobble(0.16), 2)
                    refund = round(gross * REFUND[store] * wobble(0.5), 2) if payers else 0.0
                    played = round(active * minutes * (1.1 if weekend > 1.1 else 1) * wobble(0.06))
                    rows[day, game, country, store] = (active, new, payers, gross, refund, played)
                    day += timedelta(days=1)
    return rows


def month_end(day):
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def days(first, last):
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def money(x):
    return f"{x:.2f}"


def write(name, header, rows):
    with open(HERE / f"{name}.csv", "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        for row in rows:
            out.writerow(["\\N" if v is None else v for v in row])


base = daily()
pairs = [(g, c) for g, plan in PLAN.items() for c in plan[6]]

write("dim_game", ["game_code", "title", "title_kr", "genre", "tier", "status", "engine", "launch_date"], GAMES)
write("dim_country", ["country_code", "country_name", "biz_region", "currency"], sorted(COUNTRIES))

# Daily: live rows, and rows of the test servers.
out = []
for (day, game, country, store), v in sorted(base.items()):
    if day < date(2025, 6, 1):
        continue
    out.append((day, game, country, store, "live", v[0], v[1], v[2], money(v[3]), money(v[4]), v[5]))
    if country in ("KR", "US", "JP") and (AS_OF - day).days % (2 if country == "KR" else 5) == 1:
        n = round({"KR": 190, "US": 120, "JP": 70}[country] * wobble(0.3))
        p = round(n * 0.6)
        out.append((day, game, country, store, "qa", n, round(n * 0.2), p, money(p * 55.0 * wobble(0.2)), "0.00", n * 210))
for day in days(date(2025, 8, 4), AS_OF):
    n = round(420 * wobble(0.2))
    out.append((day, "gl2", "KR", "ST", "qa", n, round(n * 0.3), 0, "0.00", "0.00", n * 64))
write("kpi_daily", ["dt", "game_code", "country_code", "store_cd", "env", "active_cnt", "new_cnt", "payer_cnt",
                    "gross_usd", "refund_usd", "play_min"], sorted(out))

# Weekly: every week twice, cut at midnight KST and at midnight UTC.
out = []
monday = date(2025, 3, 10)
while monday <= AS_OF:
    span = [d for d in days(monday, monday + timedelta(days=6)) if d <= AS_OF]
    for game, country in pairs:
        rows = [base[d, game, country, s] for d in span for s in PLAN[game][5]]
        stick = {"ax1": 2.1, "rvk": 3.2, "n44": 2.9, "qd": 2.6, "pp0": 3.9}[game] * (0.4 + 0.6 * len(span) / 7)
        active = round(sum(r[0] for r in rows) / len(span) * stick * wobble(0.04))
        payers = round(sum(r[2] for r in rows) * 0.71 * wobble(0.04))
        gross, refund = sum(r[3] for r in rows), sum(r[4] for r in rows)
        shift = 1 + rng.uniform(-0.045, 0.06)
        out.append((monday, "KST", game, country, active, payers, money(gross), money(refund)))
        out.append((monday, "UTC", game, country, round(active * shift), round(payers * shift),
                    money(gross * shift), money(refund * shift)))
    monday += timedelta(days=7)
write("kpi_weekly", ["wk_start", "week_basis", "game_code", "country_code", "wau", "payer_cnt", "gross_usd",
                     "refund_usd"], sorted(out))

# Monthly: running month-to-date snapshots.
out = []
for month in range(1, 9):
    first = date(2025, month, 1)
    last = min(month_end(first), AS_OF - timedelta(days=1))
    for game, country in pairs:
        reach = {"ax1": 3.0, "rvk": 6.1, "n44": 5.2, "qd": 4.3, "pp0": 8.4}[game] * wobble(0.05)
        keep = 0.46 * wobble(0.04)
        for snap in [d for d in days(first, last) if d == last or (d.day % 5 == 0 and d.day <= 25)]:
            rows = [base[d, game, country, s] for d in days(first, snap) for s in PLAN[game][5]]
            n = (snap - first).days + 1
            grow = (1 - math.exp(-n / 11)) / (1 - math.exp(-30 / 11))
            active = round(sum(r[0] for r in rows) / n * reach * grow)
            payers = round(sum(r[2] for r in rows) * keep)
            out.append((snap, game, country, active, payers, money(sum(r[3] for r in rows)),
                        money(sum(r[4] for r in rows))))
write("kpi_monthly", ["snap_date", "game_code", "country_code", "mtd_active", "mtd_payers", "mtd_gross_usd",
                      "mtd_refund_usd"], sorted(out))

# Retention: cohorts by first login; later days are NULL until they are due.
out = []
D1 = {"ax1": .47, "rvk": .34, "n44": .29, "qd": .41, "pp0": .25}
for day in days(date(2025, 6, 1), AS_OF - timedelta(days=1)):
    for game, country in pairs:
        size = sum(base[day, game, country, s][1] for s in PLAN[game][5])
        rate = D1[game] * (0.86 + 0.14 * PAY_COUNTRY[country]) * wobble(0.07)
        age = (AS_OF - day).days - 1
        kept = []
        for due, factor in ((1, 1.0), (7, 0.51), (30, 0.21)):
            kept.append(min(size, round(size * rate * factor * wobble(0.06))) if age >= due else None)
        if size:
            out.append((day, game, country, size, *kept))
write("retention_daily", ["cohort_dt", "game_code", "country_code", "cohort_users", "d1_users", "d7_users",
                          "d30_users"], out)

# Item shop: P = bought, R = taken back, G = given away. Prices in gems.
ITEMS = {
    "ax1": [("Cobalt Wings", "SKN", 2400, 1.0), ("Warden Plate", "SKN", 1800, 1.7), ("Tide Pass S7", "PAS", 1200, 3.1),
            ("Rune Chest", "BOX", 300, 9.5), ("Leviathan Egg", "BOX", 900, 2.2), ("Scroll of Haste", "BST", 150, 6.0)],
    "rvk": [("Chrome Marshal", "SKN", 1500, 2.6), ("Parade Pass 12", "PAS", 950, 4.4), ("Ammo Crate", "BOX", 250, 11.0),
            ("Gold Camo", "SKN", 700, 3.9), ("Double XP Day", "BST", 180, 7.2)],
    "n44": [("Neon Rig", "SKN", 1600, 1.3), ("Cargo Pass", "PAS", 1000, 1.6), ("Lost Parcel", "BOX", 350, 3.0)],
    "qd": [("Sakura Apron", "SKN", 600, 4.1), ("Recipe Capsule", "BOX", 200, 8.3), ("Regulars Pass", "PAS", 500, 3.6),
           ("Helping Hands", "BST", 90, 9.1)],
    "pp0": [("Origami Trail", "SKN", 300, 2.0), ("Hint Bundle", "BST", 60, 12.0)],
}
out = []
for day in days(date(2025, 6, 1), AS_OF - timedelta(days=1)):
    for game, items in ITEMS.items():
        for name, cat, gems, pull in items:
            for country in rng.sample(sorted(PLAN[game][6]), 1 if pull < 8 else 2):
                if rng.random() > 0.72:
                    continue
                heat = PAY_COUNTRY[country] * (1.4 if game == "ax1" and day.month == 7 and cat == "BOX" else 1)
                qty = max(1, round(pull * 6 * heat * wobble(0.3)))
                out.append((day, game, country, "P", name, cat, qty, gems))
                if rng.random() < 0.11:
                    out.append((day, game, country, "R", name, cat, max(1, round(qty * 0.15)), gems))
                if cat != "PAS" and rng.random() < 0.08:
                    out.append((day, game, country, "G", name, cat, round(qty * (3 if cat == "BST" else 1.5)) + 1, gems))
write("item_sales", ["sold_dt", "game_code", "country_code", "tx_kind", "item_name", "item_cat", "qty", "gem_price"], out)


def col(name, type_, comment=None, nullable=False, key=False):
    c = {"name": name, "type": type_, "nullable": nullable, "primary_key": key}
    return {**c, "comment": comment} if comment else c


def table(name, comment, columns, foreign_keys=None):
    t = {"name": f"studio.metrics.{name}", "csv": f"{name}.csv"}
    if comment:
        t["comment"] = comment
    t["columns"] = columns
    if foreign_keys:
        t["foreign_keys"] = foreign_keys
    return t


GAME, LAND = col("game_code", "STRING"), col("country_code", "STRING")
SCHEMA = {
    "csv_null": "\\N",
    "as_of_date": AS_OF.isoformat(),
    "tables": [
        table("dim_country", "Country master", [
            col("country_code", "STRING", "ISO 3166-1 alpha-2", key=True), col("country_name", "STRING", "국가명"),
            col("biz_region", "STRING", "사업 권역"), col("currency", "STRING", "통화")]),
        table("dim_game", "게임 마스터", [
            col("game_code", "STRING", "Internal code", key=True), col("title", "STRING", "Game title"),
            col("title_kr", "STRING", "한글 타이틀"), col("genre", "STRING", "장르"), col("tier", "STRING"),
            col("status", "STRING"), col("engine", "STRING", "엔진"), col("launch_date", "DATE", nullable=True)]),
        table("item_sales", "In-game shop, one row per day, game, country, item", [
            col("sold_dt", "DATE"), GAME, LAND, col("tx_kind", "STRING"), col("item_name", "STRING", "아이템 이름"),
            col("item_cat", "STRING"), col("qty", "INT"), col("gem_price", "INT", "Price of one piece, in gems")]),
        table("kpi_daily", "일별 KPI", [
            col("dt", "DATE", "KST"), GAME, LAND, col("store_cd", "STRING"), col("env", "STRING"),
            col("active_cnt", "BIGINT"), col("new_cnt", "BIGINT"), col("payer_cnt", "BIGINT"),
            col("gross_usd", "DECIMAL(12,2)"), col("refund_usd", "DECIMAL(12,2)"),
            col("play_min", "BIGINT", "Minutes played, all users")],
            [{"columns": ["game_code"], "parent_table": "studio.metrics.dim_game", "parent_columns": ["game_code"]}]),
        table("kpi_monthly", None, [
            col("snap_date", "DATE", "Snapshot day"), GAME, LAND, col("mtd_active", "BIGINT"),
            col("mtd_payers", "BIGINT"), col("mtd_gross_usd", "DECIMAL(14,2)"), col("mtd_refund_usd", "DECIMAL(14,2)")]),
        table("kpi_weekly", "주간 KPI", [
            col("wk_start", "DATE", "Monday"), col("week_basis", "STRING"), GAME, LAND, col("wau", "BIGINT"),
            col("payer_cnt", "BIGINT"), col("gross_usd", "DECIMAL(14,2)"), col("refund_usd", "DECIMAL(14,2)")]),
        table("retention_daily", "리텐션. Cohorts by first login day", [
            col("cohort_dt", "DATE", "코호트 날짜"), GAME, LAND, col("cohort_users", "BIGINT"),
            col("d1_users", "BIGINT", nullable=True), col("d7_users", "BIGINT", nullable=True),
            col("d30_users", "BIGINT", nullable=True)]),
    ],
}
(HERE / "schema.json").write_text(json.dumps(SCHEMA, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

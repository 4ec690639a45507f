"""Writes the tables of the small test project; the same bytes on every run."""

import csv
import random

rng = random.Random(7)
sites = ["Bremen", "Celle", "Uelzen"]
vans = [
    (1, "HB-101", "E", "Bremen", "2021-03-01"), (2, "HB-102", "D", "Bremen", "2019-07-15"),
    (3, "CE-201", "E", "Celle", "2022-01-10"), (4, "CE-202", "G", "Celle", "2018-11-05"),
    (5, "CE-203", "D", "Celle", "2020-05-20"), (6, "UE-301", "D", "Uelzen", "2017-02-28"),
    (7, "UE-302", "E", "Uelzen", "2023-09-12"), (8, "HB-103", "G", "Bremen", "2021-12-01"),
    (9, "HB-104", "D", "Bremen", "2022-06-30"),
]
drivers = [
    (11, "Ada Brandt", 3), (12, "Bo Claasen", 1), (13, "Cem Dogan", 2), (14, "Dora Ehlers", 3), (15, "Eva Frank", 2),
]
trips = []
for number in range(1, 61):
    van = rng.choice(vans)[0]
    driver = rng.choice(drivers)[0]
    day = f"2025-0{rng.randint(3, 6)}-{rng.randint(1, 28):02d}"
    km, load = rng.randint(8, 160), rng.randint(50, 900)
    trips.append((number, van, driver, day, km, load, f"{km * 1.35 + load * 0.07:.2f}", str(rng.random() < 0.2).lower()))


def write(name, header, rows):
    with open(f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header.split())
        out.writerows(rows)


write("vans", "van_id plate fuel_cd site bought_on", vans)
write("drivers", "driver_id driver_name grade", drivers)
write("trips", "trip_id van_ref drv_ref day km load_kg fare void", trips)

#!/usr/bin/env bash
# Records the run of `ui --demo`: a plan over examples/game-kpi with answers that take a moment, and its
# apply. Run it from the repository's root with the program as its argument.
set -euo pipefail
program=$(realpath "$1")
demo=src/ui/assets/demo
project=$(mktemp -d)
cp -r examples/game-kpi/. "$project"
printf 'seed: 1\nlatency:\n  answer: {median: 250ms, spread: 0.4}\n' > "$project/world.yaml"
sed -i 's/^  as_of: .*/&\n  world: world.yaml/' "$project/genie.yaml"
(
  cd "$project"
  "$program" plan
  plan=$(basename .genie-enhance/plans/*.json)
  "$program" apply ".genie-enhance/plans/$plan" --approve "${plan%.json}"
)
runs=("$project"/.genie-enhance/runs/*)
cp "${runs[0]}"/{plan,scorecard-before,scorecard-after,suite,space-before,space-after}.json "${runs[0]}/events.jsonl" "$demo"
cp "${runs[1]}/events.jsonl" "$demo/apply.jsonl"
rm -rf "$project"

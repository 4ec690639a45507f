#!/usr/bin/env bash
# approved-plan.sh COMMENT.md: prints the id of the plan that this comment shows, as `apply
# --approve` takes it. A comment that could not hold every change cannot be approved.
set -euo pipefail

marker=$(head -n 1 "$1" | sed -n 's/^<!-- genie-enhance \({.*}\) -->$/\1/p')
if [ -z "$marker" ]; then
  echo "$1 is no comment of genie-enhance" >&2
  exit 1
fi
if [ "$(jq -r .truncated <<<"$marker")" != false ]; then
  echo "$1 does not show all changes of the plan, so it approves none" >&2
  exit 1
fi
jq -r '.plan | ltrimstr("sha256:")' <<<"$marker"

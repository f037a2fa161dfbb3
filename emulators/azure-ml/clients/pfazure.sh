#!/bin/sh
# A flow and its evaluation with the pfazure command as it comes with promptflow-azure; README.md says how to point it here.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name="cli_$(date +%s)_$$"
where="--subscription 00000000-0000-0000-0000-000000000001 --resource-group flowgate --workspace-name local"

pfazure run create $where --name "$name" --stream \
  --flow "$here/guess-label" --data "$here/guess-label/data.jsonl"
pfazure run create $where --name "${name}_evaluation" --stream \
  --flow "$here/label-accuracy" --data "$here/guess-label/data.jsonl" --run "$name" \
  --column-mapping 'expected=${data.label}' 'guessed=${run.outputs.label}'
pfazure run show $where --name "$name" | grep '"portal_url": "https://ml.azure.com/'
pfazure run stream $where --name "${name}_evaluation" --timeout 60
pfazure run create $where --name "${name}_resumed" --resume-from "$name" --stream
pfazure run visualize $where --names "$name,${name}_evaluation"
pfazure run show-details $where --name "${name}_evaluation"
pfazure run show-metrics $where --name "${name}_evaluation" | grep '"accuracy": 0.75'
pfazure run update $where --name "$name" --set display_name=Renamed tags.more=1
pfazure run archive $where --name "$name"
pfazure run restore $where --name "$name"
pfazure run list $where --max-results 5 | grep Renamed
pfazure run download $where --name "$name" --output "$(mktemp -d)"

# Its only line waits for two minutes.
slow=$(mktemp -d)/slow.jsonl
echo '{"text": "wait"}' > "$slow"
pfazure run create $where --name "${name}_slow" --flow "$here/guess-label" --data "$slow"
pfazure run cancel $where --name "${name}_slow"
pfazure run show $where --name "${name}_slow" | grep -E '"status": "Cancel(Requested|ed)"'

#!/usr/bin/env bash
# Two machines that train one student: sbatch slurm.sh, in a folder that both see.
#SBATCH --job-name=distill
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --requeue
#SBATCH --signal=TERM@120
set -euo pipefail

# srun stops all tasks when one is gone; the job is put in the queue again, and goes on.
hosts=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed 's/.*/"&:2222"/' | paste --serial --delimiters=,)
export hosts
code=0
srun --kill-on-bad-exit=1 bash -c '
  export TF_CONFIG="{\"cluster\": {\"worker\": [$hosts]}, \"task\": {\"type\": \"worker\", \"index\": $SLURM_PROCID}}"
  exec tfkd distill imdb --data-dir data --teacher hf:teacher --to runs/imdb
' || code=$?
if [ "$code" -eq 75 ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"

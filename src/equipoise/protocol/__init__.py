"""The declared trial: trial.yaml as a frozen value."""

"""The domain of Pull Medic: no triggers, no bindings. Read `shared/pipeline.py` first."""

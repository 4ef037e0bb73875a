"""One file per Azure service; each offers `routes`, the operations it answers."""

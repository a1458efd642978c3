"""One look at one cluster: what is hinted at is gathered, looked at, decided and written."""

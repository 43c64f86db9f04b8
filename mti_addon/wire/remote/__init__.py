"""The contract with a studio's server, on top of the job folder's; stdlib only."""

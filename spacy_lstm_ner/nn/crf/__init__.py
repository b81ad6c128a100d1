"""The linear-chain CRF: scores of tags, sums over all tag sequences, and the best one."""

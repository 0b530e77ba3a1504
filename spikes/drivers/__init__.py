"""The programs that run inside a runtime. They import nothing of the harness and never see what is expected of them."""

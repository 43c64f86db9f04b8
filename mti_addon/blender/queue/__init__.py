"""Active jobs: started one at a time, polled on a timer, and reported to whatever draws them."""

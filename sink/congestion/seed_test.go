package congestion

import (
	"os"
	"strconv"
)

var seed = func() uint64 { n, _ := strconv.Atoi(os.Getenv("SEED")); return uint64(n) }()

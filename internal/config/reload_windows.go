package config

import "os"

// openFlags need nothing more here: a file system path cannot be a FIFO.
const openFlags = os.O_RDONLY

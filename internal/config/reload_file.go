package config

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// maxFile bounds the size of a file that is read, in bytes.
const maxFile = 1 << 20

// readFile reads a regular file of at most maxFile bytes. It returns last itself when the file still holds that. Opening
// does not wait: a FIFO, which has no writer, is refused like a directory or a device.
func readFile(path string, last, buffer []byte) ([]byte, error) {
	file, err := os.OpenFile(path, openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s is over %d bytes", path, maxFile)
	case holds(file, last, buffer):
		return last, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s is over %d bytes", path, maxFile)
	}
	return content, err
}

// holds reports whether in holds exactly want.
func holds(in io.Reader, want, buffer []byte) bool {
	for {
		n, err := in.Read(buffer)
		if n > len(want) || !bytes.Equal(buffer[:n], want[:n]) {
			return false
		}
		if want = want[n:]; err != nil {
			return err == io.EOF && len(want) == 0
		}
	}
}

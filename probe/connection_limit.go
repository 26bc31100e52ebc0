package probe

import "wshealthz/upgrade"

// connectionLimit returns how many connections may be open at a time: most, or one of share descriptors where that is less.
func connectionLimit(most, share int) int {
	if descriptors, known := upgrade.DescriptorLimit(); known {
		return int(max(1, min(uint64(most), descriptors/uint64(share))))
	}
	return most
}

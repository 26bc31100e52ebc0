package upgrade

// DescriptorLimit is not known here: Windows bounds handles by memory.
func DescriptorLimit() (limit uint64, known bool) { return 0, false }

package probe

// descriptorLimit is not known here: Windows bounds handles by memory.
func descriptorLimit() (limit uint64, known bool) { return 0, false }

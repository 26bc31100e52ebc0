// Package faults probes a scripted WebSocket server through Toxiproxy, which delays, throttles, slices, cuts, swallows and
// resets what passes: https://github.com/Shopify/toxiproxy documents its toxics and their attributes. The verdict must name
// the right reason, and must not come late.
//
// It has tests alone.
package faults

package testbed

import (
	"encoding/binary"
	"errors"
	"io"
)

// Opcodes of RFC 6455 section 5.2.
const (
	OpContinuation byte = 0x0
	OpText         byte = 0x1
	OpBinary       byte = 0x2
	OpClose        byte = 0x8
	OpPing         byte = 0x9
	OpPong         byte = 0xa
)

const (
	finBit  = 0x80
	maskBit = 0x80
)

// Frame returns a whole frame as servers send it: final and unmasked.
func Frame(opcode byte, payload string) string { return frame(finBit|opcode, payload) }

// Fragment returns a frame that is not the last one of its message, unmasked. The frames after it have OpContinuation.
func Fragment(opcode byte, payload string) string { return frame(opcode, payload) }

// CloseFrame returns an unmasked Close frame with a code and a reason.
func CloseFrame(code uint16, reason string) string {
	return Frame(OpClose, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

func frame(first byte, payload string) string {
	head := []byte{first}
	switch n := len(payload); {
	case n < 126:
		head = append(head, byte(n))
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
	}
	return string(head) + payload
}

// ReadFrame reads one frame of the client and returns its payload unmasked. When none comes before the test ends, or one
// that is not final, masked and shorter than 64 KiB, the test fails.
func (p *Peer) ReadFrame() (opcode byte, payload []byte) {
	opcode, payload, err := p.readFrame()
	if err != nil {
		p.missing("a frame", err)
	}
	return opcode, payload
}

func (p *Peer) readFrame() (opcode byte, payload []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(p, head[:2]); err != nil {
		return 0, nil, err
	}
	opcode = head[0] &^ finBit
	if head[0]&finBit == 0 || head[1]&maskBit == 0 || head[1] == maskBit|127 {
		return opcode, nil, errors.New("the frame is not final, not masked, or too long")
	}
	length := int(head[1] &^ maskBit)
	if length == 126 {
		if _, err := io.ReadFull(p, head[2:4]); err != nil {
			return opcode, nil, err
		}
		length = int(binary.BigEndian.Uint16(head[2:4]))
	}
	mask := head[4:8]
	if _, err := io.ReadFull(p, mask); err != nil {
		return opcode, nil, err
	}
	payload = make([]byte, length)
	if _, err := io.ReadFull(p, payload); err != nil {
		return opcode, nil, err
	}
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return opcode, payload, nil
}

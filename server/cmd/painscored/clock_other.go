//go:build !linux

package main

// clockUnsynchronised claims nothing: only Linux is asked.
func clockUnsynchronised() bool { return false }

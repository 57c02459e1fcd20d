package access

//go:generate go run ./generate rules.go

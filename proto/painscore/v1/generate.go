// Package painscorev1 is the gRPC contract of painscore: the messages and services of the .proto files beside it, as Go.
//
// The .proto files are the place to read; start with submission_service.proto, and errors.proto for every refusal. To
// change the contract, edit them and run go generate here; .ci/run fails if the two disagree. The package holds no logic.
package painscorev1

//go:generate sh -c "cd ../../.. && go tool -modfile=.tools/go.mod buf generate --template proto/buf.gen.yaml"

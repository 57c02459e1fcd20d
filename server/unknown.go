package server

import (
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/painscore/painscore/server/clinic"
)

// unknown finds what a message carries and this server does not know: fields
// of a newer contract, and enum numbers without a name. Ignoring them would
// lose data of a newer client silently, so they are problems like any other.
func unknown(message protoreflect.ProtoMessage) []clinic.Problem {
	return unknownIn(nil, "", message.ProtoReflect())
}

func unknownIn(found []clinic.Problem, path string, m protoreflect.Message) []clinic.Problem {
	if len(m.GetUnknown()) > 0 {
		found = append(found, clinic.Problem{Field: path, Reason: reasonUnknownField, Description: "carries a field that this server does not know"})
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Kind() != protoreflect.MessageKind && field.Kind() != protoreflect.EnumKind {
			return true
		}
		at := string(field.Name())
		if path != "" {
			at = path + "." + at
		}
		if !field.IsList() {
			found = unknownValue(found, at, field, value)
			return true
		}
		for i := range value.List().Len() {
			if element := value.List().Get(i); holdsUnknown(field, element) {
				found = unknownValue(found, at+"["+strconv.Itoa(i)+"]", field, element)
			}
		}
		return true
	})
	return found
}

// holdsUnknown spares the common case, a list of well-formed answers, from
// building a path for each.
func holdsUnknown(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
	return len(unknownValue(nil, "", field, value)) > 0
}

func unknownValue(found []clinic.Problem, at string, field protoreflect.FieldDescriptor, value protoreflect.Value) []clinic.Problem {
	if field.Kind() == protoreflect.MessageKind {
		return unknownIn(found, at, value.Message())
	}
	if field.Enum().Values().ByNumber(value.Enum()) == nil {
		found = append(found, clinic.Problem{Field: at, Reason: reasonUnknownField, Description: "not a value that this server knows"})
	}
	return found
}

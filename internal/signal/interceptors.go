// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	"reflect"
	"unsafe"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/livekit/server-sdk-go/v2/signalling"
	"github.com/pion/interceptor"
)

// Where server-sdk-go v2.18.1 keeps the options that a room was joined with: the room's
// engine, its connectionManager, and there incomingRequestParams (connection_manager.go).
const (
	managerField = "connectionManager"
	requestField = "incomingRequestParams"
	paramsField  = "connectParams"
)

// Interceptors returns the interceptors that a room was joined with (WithInterceptors).
// It is not ok if this version of the SDK keeps them elsewhere. It must not be called
// while the room is being joined. A getter for the options of a connection upstream would
// make this file unnecessary.
func Interceptors(room *lksdk.Room) (factories []interceptor.Factory, ok bool) {
	engine := engineOf(room)
	if engine == nil {
		return nil, false
	}
	manager := reflect.ValueOf(engine).Elem().FieldByName(managerField)
	if manager.Kind() != reflect.Pointer || manager.IsNil() || manager.Elem().Kind() != reflect.Struct {
		return nil, false
	}
	request := manager.Elem().FieldByName(requestField)
	if request.Kind() != reflect.Struct {
		return nil, false
	}
	params := request.FieldByName(paramsField)
	if !params.IsValid() || params.Type() != reflect.TypeFor[signalling.ConnectParams]() {
		return nil, false
	}
	//nolint:gosec // the type was checked
	return (*signalling.ConnectParams)(unsafe.Pointer(params.UnsafeAddr())).Interceptors, true
}

import RequestReply
import SwiftProtobuf

// The package itself only reads answers; here they are written as well, so that reading can be held against it.

extension FunctionAnswer {
    /// The message that says this.
    var wire: WireFromFunction {
        switch self {
        case .result(let result): .with { $0.invocationResult = result.wire }
        case .incomplete(let states): .with { $0.incompleteInvocationContext.missingValues = states.map(\.wire) }
        }
    }
}

extension InvocationResult {
    fileprivate var wire: WireFromFunction.InvocationResponse {
        .with {
            $0.stateMutations = stateChanges.map(\.wire)
            $0.outgoingMessages = messages.map(\.wire)
            $0.delayedInvocations = delayedMessages.map(\.wire)
            $0.outgoingEgresses = egresses.map(\.wire)
        }
    }
}

extension StateValue {
    fileprivate var wire: WireFromFunction.PersistedValueMutation {
        .with {
            $0.stateName = name
            $0.mutationType = value == nil ? .delete : .modify
            if let value {
                $0.stateValue = value.wire
            }
        }
    }
}

extension InvocationResult.Message {
    fileprivate var wire: WireFromFunction.Invocation {
        .with {
            $0.target = target.wire
            $0.argument = argument.wire
        }
    }
}

extension InvocationResult.DelayedMessage {
    fileprivate var wire: WireFromFunction.DelayedInvocation {
        .with {
            switch self {
            case .send(let message, let delay, let token):
                $0.target = message.target.wire
                $0.argument = message.argument.wire
                $0.delayInMs = delay.milliseconds
                $0.cancellationToken = token ?? ""
            case .cancel(let token):
                $0.isCancellationRequest = true
                $0.cancellationToken = token
            }
        }
    }
}

extension InvocationResult.EgressMessage {
    fileprivate var wire: WireFromFunction.EgressMessage {
        .with {
            // An egress is read as namespace/type; where the slash stands between is for the reader to know, and both are named.
            let slash = egress.unicodeScalars.dropFirst().firstIndex(of: "/") ?? egress.endIndex
            $0.egressNamespace = String(egress[..<slash])
            $0.egressType = String(egress.unicodeScalars[slash...].dropFirst())
            $0.argument = argument.wire
        }
    }
}

extension MissingState {
    fileprivate var wire: WireFromFunction.PersistedValueSpec {
        .with {
            $0.stateName = name
            $0.typeTypename = typename
            switch expiration {
            case .never: break
            case .afterWrite(let duration):
                $0.expirationSpec.mode = .afterWrite
                $0.expirationSpec.expireAfterMillis = duration.milliseconds
            case .afterInvocation(let duration):
                $0.expirationSpec.mode = .afterInvoke
                $0.expirationSpec.expireAfterMillis = duration.milliseconds
            }
        }
    }
}

extension Duration {
    /// What was read from a whole number of them.
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

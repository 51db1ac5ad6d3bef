import RequestReply
import SwiftProtobuf

// Messages of a few words, sound or not: what is left out is absent.

extension WireFromFunction {
    static func result(_ fill: (inout InvocationResponse) -> Void) -> Self {
        var message = Self()
        fill(&message.invocationResult)
        return message
    }

    static func missing(_ name: String, _ typename: String, _ mode: ExpirationSpec.ExpireMode = .none, _ milliseconds: Int64 = 0) -> Self {
        var missing = PersistedValueSpec()
        missing.stateName = name
        missing.typeTypename = typename
        missing.expirationSpec.mode = mode
        missing.expirationSpec.expireAfterMillis = milliseconds
        return .with { $0.incompleteInvocationContext.missingValues = [missing] }
    }
}

extension WireFromFunction.PersistedValueMutation {
    static func mutation(_ type: MutationType, of name: String, to value: WireTypedValue? = nil) -> Self {
        var mutation = Self()
        mutation.mutationType = type
        mutation.stateName = name
        if let value { mutation.stateValue = value }
        return mutation
    }
}

extension WireFromFunction.Invocation {
    static func sending(_ argument: WireTypedValue?, to target: WireAddress?) -> Self {
        var invocation = Self()
        if let target { invocation.target = target }
        if let argument { invocation.argument = argument }
        return invocation
    }
}

extension WireFromFunction.DelayedInvocation {
    static func sending(_ argument: WireTypedValue?, to target: WireAddress?, after milliseconds: Int64 = 0, token: String = "") -> Self {
        var invocation = Self()
        invocation.delayInMs = milliseconds
        invocation.cancellationToken = token
        if let target { invocation.target = target }
        if let argument { invocation.argument = argument }
        return invocation
    }

    static func cancelling(_ token: String) -> Self {
        var invocation = Self()
        invocation.isCancellationRequest = true
        invocation.cancellationToken = token
        return invocation
    }
}

extension WireFromFunction.EgressMessage {
    static func sending(_ argument: WireTypedValue?, to namespace: String, _ type: String) -> Self {
        var message = Self()
        message.egressNamespace = namespace
        message.egressType = type
        if let argument { message.argument = argument }
        return message
    }
}

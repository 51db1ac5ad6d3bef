import RequestReply
import Testing
import TransportCore

@testable import HTTPFunctionEndpoint

@Suite struct BatchRoundsTests {
    private let seen = MissingState("seen", typename: "io.statefun.types/int")
    private let name = MissingState("name", typename: "io.statefun.types/string")

    @Test("a result ends the batch")
    func result() throws {
        var rounds = BatchRounds()
        #expect(try rounds.answered(.result(InvocationResult()), sent: []) == .finish(InvocationResult()))
        #expect(rounds.rounds == 1)
    }

    @Test("missing state is registered and the batch is sent again")
    func incomplete() throws {
        var rounds = BatchRounds()
        #expect(try rounds.answered(.incomplete([seen]), sent: []) == .resend(registering: [seen]))
        #expect(try rounds.answered(.incomplete([seen, name]), sent: ["seen"]) == .resend(registering: [seen, name]))
        #expect(try rounds.answered(.result(InvocationResult()), sent: ["seen", "name"]) == .finish(InvocationResult()))
    }

    @Test("a function that asks for what it was sent would ask for ever")
    func asksAgain() throws {
        var rounds = BatchRounds()
        _ = try rounds.answered(.incomplete([seen]), sent: [])
        let failure = #expect(throws: RequestReplyFailure.self) { try rounds.answered(.incomplete([seen]), sent: ["seen"]) }
        #expect(failure?.kind == .protocolBroken)
        #expect(failure?.message.contains("'seen'") == true)
    }

    @Test("a function that always thinks of something new is stopped")
    func asksForEver() throws {
        var rounds = BatchRounds()
        for round in 1..<BatchRounds.maxRounds {
            let missing = MissingState("state\(round)", typename: "io.statefun.types/int")
            #expect(try rounds.answered(.incomplete([missing]), sent: []) == .resend(registering: [missing]))
        }
        #expect(throws: RequestReplyFailure.self) { try rounds.answered(.incomplete([seen]), sent: []) }
    }
}

@Suite struct RegisteredStatesTests {
    private let seen = MissingState("seen", typename: "io.statefun.types/int")

    @Test("every registered value is attached in the order of registration, set or not")
    func attach() throws {
        var states = RegisteredStates()
        try states.register([seen, MissingState("name", typename: "io.statefun.types/string")])
        try states.register([seen])
        #expect(
            try states.attach(["name": .string("Bob"), "stranger": .int(1)]) == [
                StateValue("seen", nil), StateValue("name", .string("Bob")),
            ]
        )
    }

    @Test("a value is attached to the name with its very bytes, and to none that only looks like it")
    func attachExactly() throws {
        var states = RegisteredStates()
        try states.register(["\u{E9}", "e\u{301}"].map { MissingState($0, typename: "io.statefun.types/int") })
        let attached = try states.attach(["e\u{301}": .int(2)])
        #expect(attached.map { Array($0.name.utf8) } == [Array("\u{E9}".utf8), Array("e\u{301}".utf8)])
        #expect(attached.map(\.value) == [nil, .int(2)])
    }

    @Test("the type of a registered value cannot change, and nothing is registered then")
    func typeChange() throws {
        var states = RegisteredStates()
        try states.register([seen])
        let before = states
        let other = MissingState("other", typename: "io.statefun.types/int")
        let failure = #expect(throws: RequestReplyFailure.self) {
            try states.register([other, MissingState("seen", typename: "io.statefun.types/long")])
        }
        #expect(failure?.message.contains("'seen'") == true)
        #expect(states == before)
    }

    @Test("a kept value of another type than declared is not sent")
    func wrongValue() throws {
        var states = RegisteredStates()
        try states.register([seen])
        #expect(throws: RequestReplyFailure.self) { try states.attach(["seen": .long(1)]) }
    }

    @Test(
        "a result that changes undeclared state, or to another type, is refused as a whole",
        arguments: [StateValue("unknown", .int(1)), StateValue("unknown", nil), StateValue("seen", .long(1))]
    )
    func check(change: StateValue) throws {
        var states = RegisteredStates()
        try states.register([seen])
        try states.check(InvocationResult(stateChanges: [StateValue("seen", .int(2)), StateValue("seen", nil)]))
        #expect(throws: RequestReplyFailure.self) {
            try states.check(InvocationResult(stateChanges: [StateValue("seen", .int(2)), change]))
        }
    }
}

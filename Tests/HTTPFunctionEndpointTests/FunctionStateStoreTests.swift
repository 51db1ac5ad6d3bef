import HTTPFunctionEndpoint
import RequestReply
import Testing
import TransportCore
import TypeName

@Suite struct FunctionStateStoreTests {
    @Test("in memory, names are told apart by their bytes, however alike they look")
    func exactNames() throws {
        let bob = try Address(parsing: "com.example/greeter/Bob")
        let store = InMemoryFunctionState()
        store.apply([StateValue("\u{E9}", .int(1)), StateValue("e\u{301}", .int(2)), StateValue("other", .int(3))], to: bob)
        #expect(store[bob].count == 3)
        let values = store.values(of: bob, names: ["e\u{301}", "\u{E9}", "unknown"])
        #expect(values.count == 2)
        #expect(values["\u{E9}"] == .int(1))
        #expect(values["e\u{301}"] == .int(2))
        store.apply([StateValue("e\u{301}", nil)], to: bob)
        #expect(store[bob]["\u{E9}"] == .int(1))
        #expect(store[bob]["e\u{301}"] == nil)
    }
}

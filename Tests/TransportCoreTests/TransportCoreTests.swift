import Testing

@testable import TransportCore

@Suite struct TransportCoreTests { @Test func placeholder() {} }

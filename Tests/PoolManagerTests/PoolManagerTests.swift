import Testing

@testable import PoolManager

@Suite struct PoolManagerTests { @Test func placeholder() {} }

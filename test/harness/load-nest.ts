/**
 * Runs before each suite. @nestjs/throttler and jwks-rsa are CommonJS and require Nest and jose, which are ESM: allowed
 * once those are loaded, but not while they are loading, and jest loads a suite with all it imports at once.
 */
import '@nestjs/common';
import '@nestjs/core';
import 'jose';

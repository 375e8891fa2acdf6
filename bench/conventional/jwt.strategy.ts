import { Injectable, UnauthorizedException } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { Database, type User } from './database.js';

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(private readonly database: Database) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: process.env.SUPABASE_JWT_SECRET ?? '',
      audience: 'authenticated',
    });
  }

  async validate(payload: { sub: string }): Promise<User> {
    const user = await this.database.findUser(payload.sub);
    if (!user?.is_active) throw new UnauthorizedException();
    return user;
  }
}

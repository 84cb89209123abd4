/** Words that lists of stolen passwords are full of. Small on purpose: with length they stop what is tried first. */
export const commonWords: readonly string[] = `
password passwort passw0rd pass word wachtwoord motdepasse contrasena senha haslo parola
admin administrator root user guest test tester testing demo default login master secret changeme letmein welcome
willkommen bienvenue hello hallo access system server computer internet network database oracle manager
runlayer gateway company office work job business
qwerty qwertz azerty asdf zxcv qaz wsx edc rfv tgb qazwsx qweasd abc abcd abc123 xyz aaa bbb
love lover loveyou iloveyou forever always angel baby babygirl princess prince king queen honey sweet sweetheart
sunshine summer winter spring autumn fall monday tuesday wednesday thursday friday saturday sunday
january february march april may june july august september october november december
football baseball basketball soccer hockey golf tennis liverpool arsenal chelsea barcelona juventus yankees cowboys
dragon monkey tiger lion eagle wolf shadow phoenix horse dog cat puppy kitty bear butterfly dolphin panda
superman batman spiderman starwars pokemon naruto minecraft mickey disney matrix trustno
michael jordan jessica jennifer ashley daniel thomas robert charlie andrew matthew joshua george william
maria anna alex max peter david john james jack sarah laura nicole amanda michelle hunter harley buster
freedom ninja killer hacker mustang ferrari porsche corvette mercedes yamaha honda
cheese chocolate cookie banana orange apple cherry pepper ginger peanut coffee
flower rose lily diamond silver gold golden purple blue green red black white yellow rainbow
jesus christ heaven blessed faith god lord family mother father friend friends
money dollar london paris berlin america canada texas dallas brazil india china
google facebook twitter instagram linkedin youtube amazon microsoft windows apple samsung android iphone
music guitar rock metal dance player game games gamer soccer sport winner lucky magic star cool happy smile
correct battery staple
`
  .trim()
  .split(/\s+/)

/** Words that say nothing about what a tool does. They stay searchable nowhere: every index leaves them out. */
export const stopWords: ReadonlySet<string> = new Set(
  `a an the this that these those it its he him his she her hers they them their theirs we us our ours you your yours i me my mine
  am is are was were be been being do does did doing done have has had having will would shall should can could may might must
  and or but nor if then else so than as of at by for with about against between into through during before after above below to from
  in on off over under again further once here there when where why how what which who whom whose both each few more most other some
  such no not only own same too very just also any all every yes please kindly help want wants wanted need needs needed like
  let lets tell give show know able using use used via per within without upon based
  tool tools function functions api endpoint allows allow provides provide return returns returned
  want's don doesn didn isn aren wasn won wouldn couldn ll ve re im id's hey hi hello thanks thank would've could've
  some something anything someone way one ones now currently am also there's what's it's i'm i'd i've s t d`
    .split(/\s+/)
    .filter((word) => word !== ''),
)
